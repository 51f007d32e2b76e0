/** Names of languages, dialects, formats and engines: a difference among them is counted as one of language. */
export const LANGUAGES = `
english german french spanish portuguese italian dutch polish czech slovak hungarian romanian bulgarian greek turkish arabic hebrew
persian hindi bengali urdu tamil telugu punjabi chinese mandarin cantonese japanese korean vietnamese thai indonesian malay swahili
russian ukrainian serbian croatian slovene slovenian latvian lithuanian estonian finnish swedish norwegian danish icelandic irish welsh
catalan basque galician afrikaans brazilian british american european latin
python javascript typescript java kotlin scala groovy clojure go golang rust c c++ c# f# objective-c swift dart php ruby perl lua julia
haskell elixir erlang ocaml fortran cobol pascal delphi matlab r bash zsh shell powershell awk sed sql plsql tsql pl/pgsql vba assembly
html css sass scss less jsx tsx vue react angular svelte node deno bun django flask fastapi rails laravel spring express
mysql mariadb postgres postgresql sqlite oracle mssql mongodb cassandra redis dynamodb clickhouse bigquery snowflake db2 cockroachdb
json xml yaml toml csv tsv markdown pdf docx xlsx excel word latex protobuf avro parquet ini png jpg jpeg svg webp gif
graphql rest soap grpc regex cron jq helm terraform ansible
`;
