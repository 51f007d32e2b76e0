/** `canonical: spellings`: what places a question in time. */
export const DATES = `
january: jan
february: feb
march:
april: apr
june: jun
july: jul
august: aug
september: sep sept
october: oct
november: nov
december: dec
monday:
tuesday: tue tues
wednesday: wed
thursday: thu thur thurs
friday: fri
saturday:
sunday:
weekday:
weekend:
today:
yesterday:
tomorrow:
tonight:
now: presently
current: currently
recent: recently
latest:
upcoming:
last:
next:
previous: previously prior
past:
present:
future:
ago:
morning:
afternoon:
evening:
night:
noon: midday
midnight:
daily:
weekly:
monthly:
quarterly:
hourly:
annual: yearly annually
early:
earlier:
late:
later:
soon:
ytd:
spring:
summer:
autumn:
winter:
christmas:
easter:
`;

/** Abbreviations that are ordinary words in lower case. */
export const CAPITAL_DATES: Readonly<Record<string, string>> = {
  may: 'may',
  mar: 'march',
  mon: 'monday',
  sat: 'saturday',
  sun: 'sunday',
};
