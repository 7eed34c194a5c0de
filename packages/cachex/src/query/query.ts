/** What a query can look at. A path leads into a value or a composite key: own properties, elements, and entries of a Map. */
export type Field = 'key' | 'value' | 'modified' | 'expiration' | `key.${string}` | `value.${string}`;

/** What has an order. Numbers and bigints are compared with each other, else only what is of one kind. */
export type Ordered = number | bigint | string | Date;

/** What a field must be like. Several operators hold together. */
export interface Operators {
  /** Is equal: arrays, plain objects and dates by content. */
  readonly eq?: unknown;
  /** Is not equal; so is what is not there. */
  readonly ne?: unknown;
  readonly gt?: Ordered;
  readonly gte?: Ordered;
  readonly lt?: Ordered;
  readonly lte?: Ordered;
  /** Is equal to one of these. */
  readonly in?: readonly unknown[];
  /** Is a string that begins so. */
  readonly startsWith?: string;
  /** Whether there is anything but `undefined`. */
  readonly exists?: boolean;
}

/** Operators, or a value to be equal to. A plain object to be equal to is written `{ eq: object }`. */
export type Condition = string | number | bigint | boolean | null | Date | readonly unknown[] | Operators;

/** Which entries: all conditions hold together. */
export type Where = { readonly [F in Field]?: Condition } & {
  /** All of these hold. */
  readonly and?: readonly Where[];
  /** At least one of these holds. */
  readonly or?: readonly Where[];
  /** This does not hold. */
  readonly not?: Where;
};

/** What of each entry: one field, or an object of several by their names. */
export type Select = Field | readonly Field[];

/** A question about entries, as data: it is evaluated where they are. */
export interface Query<S extends Select | undefined = Select | undefined> {
  /** Which entries. Default: all. */
  readonly where?: Where;
  /** What of each. Default: `{ key, value, modified, expiration }`. */
  readonly select?: S;
}

/** One entry as `stream` shows it. Instants are milliseconds since 1970. */
export interface StreamedEntry<K, V> {
  readonly key: K;
  readonly value: V;
  /** When the value was last written, or the entry touched. */
  readonly modified: number;
  /** When it expires; `null` never. */
  readonly expiration: number | null;
}

/** What a query answers with for each entry. */
export type Selected<K, V, S> = S extends keyof StreamedEntry<K, V>
  ? StreamedEntry<K, V>[S]
  : S extends readonly (infer F)[]
    ? { [N in F & Field]: Selected<K, V, N> }
    : S extends Field
      ? unknown
      : StreamedEntry<K, V>;

/** A checked query: plain data, a copy that nobody else changes. */
export interface CheckedQuery {
  readonly where?: CheckedWhere;
  readonly select?: Field | readonly Field[];
}

/** As {@link Where}, with operators for every field, and instants in milliseconds. */
export interface CheckedWhere {
  readonly fields: readonly (readonly [field: Field, operators: Operators])[];
  readonly and?: readonly CheckedWhere[];
  readonly or?: readonly CheckedWhere[];
  readonly not?: CheckedWhere;
}
