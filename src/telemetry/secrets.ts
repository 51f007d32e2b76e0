/**
 * What looks like a secret, by the forms in which keys are given out and sent: a provider's prefix, a bearer token, a JSON Web
 * Token, credentials in a URL. None of the alternatives can match a quote or a backslash, so JSON stays JSON.
 */
const SECRETS = new RegExp(
  [
    String.raw`\b(?:sk|pk|rk|gsk|csk|xai|fw|hf|r8|nvapi|pplx|tgp)[-_][\w-]{12,}`,
    // A client key of this proxy; a request's id begins alike, and has dashes.
    String.raw`\bbw_[0-9A-Za-z]{32,}`,
    String.raw`\bAIza[\w-]{20,}`,
    String.raw`\bAQ\.[\w-]{20,}`,
    String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{12,}`,
    String.raw`\bya29\.[\w-]{10,}`,
    String.raw`\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?`,
    String.raw`\b(?:[Bb]earer|[Bb]asic) [\w.~+/=-]{8,}`,
    String.raw`(?<=://)[^\s/@"\\]{0,200}:[^\s/@"\\]{1,200}(?=@)`,
  ].join('|'),
  'g',
);

/**
 * Belt and braces for the log: nothing that is logged should hold a secret, and what does by mistake (an upstream's message
 * that quotes its key, a library's error with a URL) goes out without it. About a microsecond for the line of one request.
 */
export function redactSecrets(text: string): string {
  return text.replace(SECRETS, '[redacted]');
}
