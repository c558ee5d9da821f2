/** The attacked store, with the data that a stranger can know. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Snaps named `bench-1`, `bench-2` and so on. */
  readonly snaps: number;
  /** A snap with the longest snap.yaml that a publisher can make. */
  readonly bigYamlName: string;
  /** Path of a file of 100 MB. */
  readonly largePath: string;
  /** The assertion of a model whose devices get serials without an API key. */
  readonly openModel: string;
}
