/**
 * Words that may stand for one another in a question without changing its answer. `canonical: others`, base forms only.
 * The list is deliberately narrow: a missing pair is a miss, a wrong one is a wrong answer.
 */
export const SYNONYMS = `
delete: remove erase
fix: repair
buy: purchase
get: obtain acquire
photo: picture
movie: film
large: big
fast: quick
quickly: rapidly
fastest: quickest
largest: biggest
improve: enhance
begin: start commence
stop: halt
finish: complete
choose: select pick
wrong: incorrect
hard: difficult
important: crucial
configuration: config
information: info
application: app
database: db
repository: repo
kubernetes: k8s
environment: env
production: prod
authentication: auth
administrator: admin
maximum: max
minimum: min
documentation: docs
license: licence
center: centre
gray: grey
catalog: catalogue
fulfill: fulfil
enroll: enrol
program: programme
use: utilize utilise
car: automobile
child: kid
phone: telephone
university: uni
percent: percentage
regex: regexp
postgres: postgresql
go: golang
javascript: js
typescript: ts
happen: occur
change: modify alter
folder: directory
certificate: cert
parameter: param
argument: arg
specification: spec
examination: exam
math: maths mathematics
television: tv
bicycle: bike
lawyer: attorney
airplane: aeroplane
require: need
allow: permit
help: assist
maybe: perhaps
easiest: simplest
theater: theatre
fiber: fibre
caliber: calibre
defense: defence
offense: offence
pretense: pretence
practice: practise
aluminum: aluminium
jewelry: jewellery
artifact: artefact
aging: ageing
judgment: judgement
acknowledgment: acknowledgement
dialog: dialogue
analog: analogue
skeptical: sceptical
maneuver: manoeuvre
plow: plough
anemia: anaemia
pediatric: paediatric
encyclopedia: encyclopaedia
mom: mum
inquiry: enquiry
installment: instalment
skillful: skilful
`;

/** Spellings of chat and common slips, put right before anything else. */
export const SPELLINGS = `
what: wat
your: ur
you: u
are: r
because: bcoz cuz becoz
though: tho
through: thru
receive: recieve
separate: seperate
definitely: definately
business: buisness
government: goverment
which: wich
their: thier
please: plz pls plese
approximately: approx
the: teh
address: adress
achieve: acheive
accommodate: accomodate
accommodation: accomodation
across: accross
acquire: aquire
argument: arguement
authentication: authetication authentification
automatically: automaticaly
available: availible availabe avaliable
beginning: begining
believe: beleive belive
calendar: calender
category: catagory
colleague: collegue
coming: comming
committee: commitee comittee
compatibility: compatability
connection: conection connexion
deceive: decieve
default: defualt defalt
dependency: dependancy
developer: developper
development: developement devlopment
different: diffrent
disappear: dissapear
disappoint: dissapoint
embarrass: embarass
environment: enviroment enviornment
example: exmaple
existence: existance
experience: experiance
familiar: familar
finally: finaly
foreign: foriegn
friend: freind
function: funtion
gauge: guage
grammar: grammer
guarantee: guarentee gaurantee garantee
height: hieght
immediately: imediately
independent: independant
interest: intrest
interesting: intresting
knowledge: knowlege
language: langauge lanaguage
length: lenght
library: libary
license: lisence liscense
maintenance: maintenence maintainance
management: managment
misspell: mispell
necessary: neccessary necesary neccesary
noticeable: noticable
occasion: occassion
occasionally: occassionally occasionaly
occurred: occured
occurrence: occurence occurrance
opportunity: oppurtunity oppertunity
parallel: paralel
parameter: paramter
performance: performence
permanent: permenant
permission: permisson
persistent: persistant
possible: posible
preferred: prefered
preparation: preperation
privilege: privelege priviledge
probably: probaly probly
process: proccess
professional: profesional proffesional
pronunciation: pronounciation
publicly: publically
really: realy
recommend: reccomend recomend
referred: refered
relevant: relevent
religious: religous
remember: remeber
repetition: repitition
requirement: requirment
response: reponse
responsibility: responsability
restaurant: restaraunt restuarant resturant
retrieve: retreive
rhythm: rythm
schedule: shedule
similar: similiar
software: sofware
speech: speach
successful: succesful successfull
successfully: sucessfully succesfully
success: sucess
surprise: suprise
technology: tecnology
tomorrow: tommorow tommorrow tomorow
truly: truely
until: untill
useful: usefull
vacuum: vaccum
vegetarian: vegeterian
weird: wierd
whether: wether
writing: writting
yield: yeild
`;
