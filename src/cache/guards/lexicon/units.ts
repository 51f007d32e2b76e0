/** `canonical: spellings`. A unit is compared as itself: 1500 ms and 1.5 s are left to the upstream. */
export const UNITS = `
nanosecond: ns nanosec nanoseconds
microsecond: us µs microseconds
millisecond: ms msec msecs millis milliseconds
second: s sec secs seconds
minute: mins minutes
hour: h hr hrs hours
day: d days
week: weeks
fortnight: fortnights
month: months
quarter: quarters
year: yr yrs years
decade: decades
bit: bits
byte: bytes
kbit: kb/s kbit kbits kilobit kilobits kbps
mbit: mbit mbits megabit megabits mbps
gbit: gbit gbits gigabit gigabits gbps
kilobyte: kb kilobytes
megabyte: mb megabytes
gigabyte: gb gigabytes gigs gig
terabyte: tb terabytes
petabyte: pb petabytes
kibibyte: kib kibibytes
mebibyte: mib mebibytes
gibibyte: gib gibibytes
tebibyte: tib tebibytes
hertz: hz
kilohertz: khz
megahertz: mhz
gigahertz: ghz
percent: pct percentage
celsius: centigrade
fahrenheit: fahrenheit
kelvin: kelvin
degree: degrees
millimetre: mm millimeter millimeters millimetres
centimetre: cm centimeter centimeters centimetres
metre: meter meters metres
kilometre: km kilometer kilometers kilometres
inch: inches
foot: ft feet
yard: yards
mile: mi miles
gram: g gr grams
kilogram: kg kgs kilo kilos kilograms kilogramme
tonne: ton tons tonnes
ounce: oz ounces
lb: lbs
litre: l liter liters litres
millilitre: ml milliliter milliliters millilitres
gallon: gallons
volt: volts
watt: w watts
kilowatt: kw kilowatts
kwh: kwh
dollar: usd dollars bucks
euro: eur euros
pound: gbp pounds
yen: jpy
franc: chf francs
rupee: inr rs rupees
cent: cents
yuan: rmb cny
pixel: px pixels
rem: rem
em: em
am: a.m
pm: p.m
`;
