/** Questions that differ in one thing: each variant has an answer of its own, so each is a trap for the others. */
export interface Family {
  /** What the variants differ in. */
  readonly kind: string;
  /** Wordings of the same question; `{}` is the variant. The first is the most common. */
  readonly forms: readonly string[];
  readonly variants: readonly string[];
}

const PLANS = ['the Basic plan', 'the Team plan', 'the Business plan', 'the Enterprise plan'];

export const FAMILIES: readonly Family[] = [
  {
    kind: 'entity',
    forms: [
      'What is the refund window for {}?',
      "What's the refund window for {}?",
      'How long is the refund window for {}?',
      'Within how many days can I get my money back for {}?',
    ],
    variants: PLANS,
  },
  {
    kind: 'entity',
    forms: ['What does {} include?', 'Which features does {} include?', 'What is included in {}?'],
    variants: PLANS,
  },
  {
    kind: 'number',
    forms: [
      'Can I invite {} users to one workspace?',
      'Is it possible to invite {} users to one workspace?',
      'Can {} users be invited to one workspace?',
    ],
    variants: ['5', '15', '50', '150'],
  },
  {
    kind: 'number',
    forms: [
      'How do I raise the upload limit to {} MB?',
      'How can I raise the upload limit to {} MB?',
      'How do you raise the upload limit to {} MB?',
    ],
    variants: ['20', '25', '200', '250'],
  },
  {
    kind: 'number',
    forms: ['What does error {} mean?', 'What is the meaning of error {}?', 'Please explain what error {} means.'],
    variants: ['401', '403', '409', '429', '503'],
  },
  {
    kind: 'unit',
    forms: [
      'How many API calls are allowed per {}?',
      'How many API calls may be made per {}?',
      'What is the API call limit per {}?',
    ],
    variants: ['second', 'minute', 'hour', 'day', 'month'],
  },
  {
    kind: 'unit',
    forms: ['Is storage billed per {}?', 'Do you bill storage per {}?'],
    variants: ['MB', 'GB', 'GiB'],
  },
  {
    kind: 'negation',
    forms: ['How do I export a report {} comments?', 'How can I export a report {} comments?'],
    variants: ['with', 'without'],
  },
  {
    kind: 'negation',
    forms: ['Which projects {} reviewers?', 'Tell me which projects {} reviewers.'],
    variants: ['have', 'do not have'],
  },
  {
    kind: 'antonym',
    forms: [
      'How do I {} two-factor authentication?',
      'How can I {} two-factor authentication?',
      'What are the steps to {} two-factor authentication?',
    ],
    variants: ['enable', 'disable'],
  },
  {
    kind: 'antonym',
    forms: ['How do I {} a member of a team?', 'How can I {} a member of a team?'],
    variants: ['add', 'remove', 'mute', 'unmute'],
  },
  {
    kind: 'date',
    forms: [
      'What are the support hours on {}?',
      'What are support hours on {}?',
      'When is support open on {}?',
      'At what times is support open on {}?',
    ],
    variants: ['Monday', 'Friday', 'Saturday', 'Sunday'],
  },
  {
    kind: 'date',
    forms: ['When is the {} invoice issued?', 'When will the {} invoice be issued?'],
    variants: ['January', 'March', 'June', 'July', 'December'],
  },
  {
    kind: 'direction',
    forms: ['How do I convert a {}?', 'How can I convert a {}?', 'What is the way to convert a {}?'],
    variants: ['board to a list', 'list to a board', 'list to a calendar', 'calendar to a list'],
  },
  {
    kind: 'entity',
    forms: ['Is data stored in {}?', 'Is our data stored in {}?', 'Do you store data in {}?'],
    variants: ['Germany', 'Ireland', 'Norway', 'Canada'],
  },
  {
    kind: 'entity',
    forms: [
      'How do I connect {}?',
      'How can I connect {}?',
      'How do you connect {}?',
      'What are the steps to connect {}?',
    ],
    variants: ['Slack', 'Jira', 'GitHub', 'GitLab', 'Salesforce'],
  },
  {
    kind: 'language',
    forms: ['Where do I find the SDK for {}?', 'Where can I find the SDK for {}?'],
    variants: ['Python', 'Go', 'Java', 'JavaScript', 'Rust'],
  },
  {
    kind: 'quantifier',
    forms: ['Can {} members see archived boards?', 'Are {} members able to see archived boards?'],
    variants: ['all', 'some', 'no'],
  },
  {
    kind: 'scope',
    forms: ['How do I change {} password?', 'How can I change {} password?'],
    variants: ['my', "another user's", "the owner's"],
  },
  {
    kind: 'identifier',
    forms: ['Which discount does the code {} give?', 'What discount does the code {} give?'],
    variants: ['SPRING20', 'SPRING25', 'TEAM10', 'TEAM15'],
  },
  {
    kind: 'entity',
    forms: ['How do I cancel {}?', 'How can I cancel {}?', 'What is the procedure for cancelling {}?'],
    variants: ['a trial', 'a subscription', 'an add-on'],
  },
  {
    kind: 'question',
    forms: ['{} is a webhook retried?', '{} do you retry a webhook?'],
    variants: ['How', 'Why', 'When'],
  },
];
