type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its undefined members: what was not said is not written. Changes and returns the object itself. */
export function given<T extends object>(object: T): Given<T> {
  const members = object as Record<string, unknown>;
  for (const key in members) if (members[key] === undefined) delete members[key];
  return object as Given<T>;
}
