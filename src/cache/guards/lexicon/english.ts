/** Words by which a text shows that it is English. In any other language no word is dropped or exchanged. */
export const ENGLISH = `
the is are was were how what which why who when where do does did can could should would will of to and for with from my your our i you
we they it this that show list give write explain summarize summarise please not have has be been in on at by an if or
describe translate draft classify generate rewrite rephrase recommend than because
`;

/** Small words of other languages that English does not know. */
export const FOREIGN = `
der das und ist nicht ein eine einen dem den des zu mit von auf für wie wo warum wann ich wir sie mein unser kein keine oder auch bei
le la les et est une du dans pour avec sur que qui quoi comment pourquoi où je nous vous mon notre pas ne au aux
el los las una y es en por para como qué cómo cuál dónde cuándo mi nuestro sin del
il lo gli e di che come perché dove quando non è della dei nel
o os um uma é não com mais meu nosso seu
het een van niet hoe waar wat waarom wij voor met
och att det inte på hur och är ett til ikke og
nie jest jak na się czy dla bir ve için nasıl
`;
