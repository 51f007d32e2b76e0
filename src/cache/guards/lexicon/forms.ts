/** Irregular pasts and participles: `base: forms`. */
export const IRREGULAR = `
pay: paid
send: sent
grow: grew grown
shrink: shrank shrunk
run: ran
get: got gotten
go: went gone
write: wrote written
build: built
keep: kept
lose: lost
leave: left
make: made
take: took taken
give: gave given
find: found
see: saw seen
say: said
tell: told
know: knew known
think: thought
buy: bought
bring: brought
catch: caught
teach: taught
sell: sold
hold: held
stand: stood
spend: spent
lend: lent
bend: bent
meet: met
feel: felt
break: broke broken
choose: chose chosen
freeze: froze frozen
speak: spoke spoken
steal: stole stolen
wake: woke woken
drive: drove driven
rise: rose risen
begin: began begun
drink: drank drunk
swim: swam swum
fall: fell fallen
eat: ate eaten
throw: threw thrown
fly: flew flown
draw: drew drawn
show: shown
do: done
become: became
come: came
hide: hid hidden
win: won
lead: led
sleep: slept
mean: meant
deal: dealt
hear: heard
sit: sat
understand: understood
forget: forgot forgotten
withdraw: withdrew withdrawn
overwrite: overwrote overwritten
rewrite: rewrote rewritten
resend: resent
rebuild: rebuilt
undo: undid undone
learn: learnt
spell: spelt
burn: burnt
dream: dreamt
spoil: spoilt
`;

/** Plurals whose singular cannot be had by a rule, and words that only look like a plural. */
export const PLURALS = `
cache: caches
cookie: cookies
movie: movies
zombie: zombies
axe: axes
index: indices
person: persons
child: childs
analysis: analyses
crisis: crises
criterion: criteria
datum: datums
man: men
woman: women
foot: feet
tooth: teeth
mouse: mice
life: lives
knife: knives
half: halves
leaf: leaves
shelf: shelves
bus: buses
status: statuses
database: databases
release: releases
purchase: purchases
license: licenses
response: responses
lease: leases
case: cases
phase: phases
course: courses
expense: expenses
house: houses
horse: horses
size: sizes
prize: prizes
freeze: freezes
`;

export const NOT_PLURAL = `
news series species sms dns https http aws css ios os kubernetes postgres redis jenkins access process address business status bus gas
this less always perhaps analysis basis thus plus minus bonus focus virus campus census express success loss class pass cross press
progress across yes us is as its his hers ours yours theirs was has does canvas alias atlas bias chaos js ts gps sas saas paas
previous various obvious serious anonymous suspicious continuous dangerous famous numerous simultaneous synchronous asynchronous
mathematics physics economics politics athletics analytics logistics diabetes texas paris
`;

/** -ed, -ing and -er words that are no form of a verb. */
export const NOT_A_FORM = `
bed red need feed seed speed deed weed shed sled embed indeed hundred sacred wicked naked
thing king ring bring sing string spring wing sting swing sling during morning evening nothing something anything everything ceiling
ping building meeting setting string pricing shipping billing training marketing banking meaning opening engineering
`;

/** Stems of verbs that double a consonant in spite of their stress, or keep a double one. */
export const DOUBLED: Readonly<Record<string, string>> = {
  cancell: 'cancel',
  controll: 'control',
  travell: 'travel',
  labell: 'label',
  modell: 'model',
  signall: 'signal',
  fuell: 'fuel',
  levell: 'level',
  channell: 'channel',
  tunnell: 'tunnel',
  diall: 'dial',
  counsell: 'counsel',
  initiall: 'initial',
  cod: 'cod',
  add: 'add',
};
