import type { VetoReason } from '../reasons.ts';

/**
 * The small words, by what a difference in them means. A token's first character tells its kind:
 * `!` negation, `%` quantity, `~` person, `>` relation (a preposition or conjunction), `+` tense and mood, `?` question.
 */
export const FUNCTION_WORDS = `
!not: not no
!never: never
!none: none
!neither: neither
!nor: nor
!except: except excluding
!instead: instead
!without: without
!rare: hardly barely scarcely
!nobody: nobody
!nothing: nothing
!nowhere: nowhere
%all: all every everything
%each: each
%any: any anything
%some: some something
%most: most
%many: many
%much: much
%few: few
%several: several
%both: both
%either: either
%only: only solely exclusively merely
%just: just
%also: also additionally
%too: too
%exactly: exactly precisely
%approximately: approximately roughly
%more: more
%less: less fewer
%least: least fewest
%always: always
%sometimes: sometimes occasionally
%often: often frequently
%rarely: rarely seldom
%usually: usually normally generally typically
%everyone: everyone everybody
%anyone: anyone anybody
%someone: someone somebody
%other: other
%another: another
%same: same
%half: half
%enough: enough
%even: even
%almost: almost nearly
%still: still
%already: already
%yet: yet
%again: again
%ever: ever
%per: per
~i: i
~me: me myself
~my: my mine
~we: we us ourselves
~our: our ours
~you: you yourself yourselves
~your: your yours
~he: he
~him: him himself
~his: his
~she: she
~her: her hers herself
~they: they
~them: them themselves
~their: their theirs
~its: its
~itself: itself
~one's: oneself
~this: this these
~those: those
~own: own
~whose: whose
>to: to
>from: from
>of: of
>for: for
>in: in inside
>on: on
>at: at
>by: by
>with: with
>via: via using
>into: into
>onto: onto
>about: about regarding concerning
>against: against
>between: between
>among: among amongst
>through: through
>within: within
>out: out
>outside: outside
>off: off
>up: up
>down: down
>over: over
>under: under
>above: above
>below: below beneath
>behind: behind
>near: near
>toward: toward towards
>across: across
>along: along
>around: around
>beyond: beyond
>upon: upon
>than: than
>as: as
>like: like
>before: before
>after: after
>until: until till
>since: since
>during: during
>while: while whilst
>if: if
>unless: unless
>when: when
>whenever: whenever
>whether: whether
>because: because
>although: although though
>and: and
>or: or
>but: but
>then: then
>so: so
>back: back
>plus: plus
>minus: minus
>versus: versus vs
+can: can could
+may: may might
+should: should ought
+must: must
+will: will shall
+would: would
?why: why
?how: how
?who: who whom
?where: where
?what: what which
`;

/** Dropped: they carry no meaning of their own in a request. */
export const DROPPED = `
a an the please kindly that really actually basically simply very it
`;

/** Dropped where a sentence starts; elsewhere they are words (`hello world`). */
export const GREETINGS = `
hi hello hey dear thanks thank ok okay well um
`;

export const REASON_OF_PREFIX: Readonly<Record<string, VetoReason>> = {
  '!': 'negation',
  '%': 'quantifier',
  '~': 'scope',
  '>': 'direction',
  '+': 'tense',
  '?': 'question',
};

/** `unpaid` is not paid. Not `unmounted`: whoever unmounts did more than not to mount. */
export const NEGATED_PARTICIPLES = `
unpaid unread unused unresolved unanswered unverified unconfirmed unapproved untested unencrypted unfinished unplanned unauthorized
unauthenticated unsupported undocumented unregistered unlicensed unprotected unsaved unreviewed unbilled unfulfilled unsolved
unscheduled untagged unindexed undelivered unshipped unclaimed uncommitted unreleased
`;
