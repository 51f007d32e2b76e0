/**
 * The YAML parser's own messages quote the text at fault, which may be a key; these never do. Codes are those of
 * `yaml`'s `ErrorCode`.
 */
const MESSAGES: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias cannot have a tag or an anchor',
  BAD_ALIAS: 'an alias needs a name',
  BAD_COLLECTION_TYPE: 'tags are not supported here',
  BAD_DIRECTIVE: 'not a YAML directive',
  BAD_DQ_ESCAPE: 'not an escape inside double quotes; use single quotes for text with backslashes',
  BAD_INDENT: 'wrong indentation, or a bracket or brace that is not closed',
  BAD_SCALAR_START: 'text cannot begin with this character; quote it',
  BLOCK_AS_IMPLICIT_KEY: 'a second ":" on one line; quote the value if the colon belongs to it',
  BLOCK_IN_FLOW: 'a block cannot stand inside {} or []',
  IMPOSSIBLE: 'not YAML',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'a closing quote, bracket, brace, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key cannot run over several lines; a ":" may be missing',
  MULTIPLE_ANCHORS: 'two anchors for one value',
  MULTIPLE_DOCS: 'a file holds one document: "---" begins a second',
  MULTIPLE_TAGS: 'tags are not supported here',
  TAB_AS_INDENT: 'a tab in the indentation; use spaces',
  TAG_RESOLVE_FAILED: 'tags are not supported here',
  UNEXPECTED_TOKEN: 'unexpected here; quote text that holds special characters',
};

/** Of a line that may be a megabyte long, what is looked at. */
const LOOKED_AT = 200;

export function syntaxMessage(code: string, source: string, offset: number): string {
  // `{apiKey: ${KEY}}`: inside braces, YAML ends the unquoted text at the brace of the variable.
  const before =
    source
      .slice(Math.max(0, offset - LOOKED_AT), offset)
      .split('\n')
      .at(-1) ?? '';
  const after = source.slice(offset, offset + LOOKED_AT).split('\n', 1)[0] ?? '';
  const variable = (before + after).search(/[^"'$]\$\{/);
  if (variable > 0 && /[{[]/.test((before + after).slice(0, variable + 1))) {
    return `not YAML: inside {} or [] a variable must be quoted: "\${NAME}"`;
  }
  return `not YAML: ${MESSAGES[code] ?? code}`;
}
