/** Verbs that change something when a request starts with them. */
export const ACTIONS = `
add adjust apply approve archive assign attach ban block book buy call cancel change charge clear close configure confirm connect copy
create deactivate delete deploy disable disconnect dismiss drop edit enable erase escalate execute extend file forward grant import
increase insert install invite launch lock lower mark merge migrate move mute notify open order patch pause pay place post promote
publish purchase purge push raise reboot refund reject release remind remove rename renew reopen replace reply reschedule reserve reset
resend restart restore resume revoke roll rollback rotate run schedule send set ship shut sign start stop submit subscribe suspend switch
terminate transfer trigger turn undo uninstall unlock unsubscribe update upgrade upload withdraw
`;

/** Openings that an action may hide behind. */
export const BEFORE_ACTIONS = `
please kindly can could would will you i we want need like to have go ahead and just now then ok okay hi hello hey let us
`;

/** Words that make an answer age. */
export const FRESH = `
now today tonight yesterday tomorrow currently latest newest recent recently nowadays ago presently weather forecast news headlines
today's tonight's yesterday's tomorrow's trending
`;

/** Pairs of words that do. */
export const FRESH_PAIRS = `
right now|so far|on call|status of|status update|exchange rate|stock price|share price|at present|current user
this week|this month|this year|this quarter|this morning|this afternoon|this evening|this weekend|this time
last night|last week|last month|last year|last quarter|last weekend|last time
last monday|last tuesday|last wednesday|last thursday|last friday|last saturday|last sunday
next week|next month|next year|next quarter|next weekend|next time
next monday|next tuesday|next wednesday|next thursday|next friday|next saturday|next sunday
the current|the moment|just now|to date
`;

/** States that a yes-or-no question asks for as they are at this moment. */
export const STATES = `
up down degraded running healthy unhealthy online offline reachable responding finished done ready back
`;

/** Phrases that point at what was said before. */
export const REFERENCES = `
tell me more|go on|carry on|the above|as above|see above|mentioned above|you said|you mentioned|you wrote|you just|your answer
your previous|your last|the previous|previous answer|last answer|that one|this one|these ones|those ones|the other one|the former|the latter
what about|how about|same for|the same|try again|once more|say more|elaborate|continue|more details|more detail|another one|and then
the first one|the second one|the last one|instead of that|what else|anything else|why not|as before|like before|again
`;

/** Words of which a short request that has them cannot be understood alone. */
export const POINTERS = `
it this that these those they them he she him her one ones there
`;

/** Words that lean on earlier turns where there are any: of things named there they are the counted, the compared and the left. */
export const BACK_POINTERS = `
its their theirs itself themselves here such so same other others another else both either neither each former latter respectively
first second third fourth fifth last next previous prior earlier above below following mentioned given said again instead also too still
rather otherwise more less fewer better worse longer shorter simpler further rest remaining
`;

/** What a sentence may not start with if it is to stand alone. */
export const CONNECTORS = `
and but so also then or because otherwise
`;

/** A number behind one of these names a thing. */
export const NUMBERED = `
account agreement asset batch bill booking branch build bug call campaign card case claim client contract customer delivery document
employee file host id incident invoice issue item job license licence lot member merge number no nr order parcel patient payment pipeline
policy post pr project purchase quote receipt record reference refund request room run sample seat serial session shipment sku subscription
supplier task tenant ticket tracking transaction user vehicle vendor
`;

export const DOMAINS = `
com org net io dev ai co app edu gov info biz me us uk de at ch eu fr it es nl pl se no dk fi ie be pt cz in cn jp br au ca nz local internal
`;

/** First person in a question about one's own data. */
export const PERSONAL_PHRASES = `
did i|have i|am i|was i|do i have|do i owe|do i own|do i pay|do i get|i have been|i spent|i created|i own|i bought|i ordered|i paid|i sent
about me|for me|to me|assigned to me|signed in user|logged in user|current user|myself
`;
