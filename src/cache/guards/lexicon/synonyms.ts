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
color: colour
favorite: favourite
behavior: behaviour
center: centre
organization: organisation
summarize: summarise
optimize: optimise
authorize: authorise
initialize: initialise
synchronize: synchronise
normalize: normalise
serialize: serialise
recognize: recognise
organize: organise
customize: customise
minimize: minimise
maximize: maximise
prioritize: prioritise
categorize: categorise
visualize: visualise
analyze: analyse
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
`;

/** Spellings of chat and common slips, put right before anything else. */
export const SPELLINGS = `
what: wat
your: ur
you: u
are: r
please: pls plz
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
`;
