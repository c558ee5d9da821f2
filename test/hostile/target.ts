/** The store that is attacked, and what a stranger can learn about it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Snaps named `bench-1`, `bench-2` and so on. */
  readonly snaps: number;
  /** A snap whose snap.yaml is as long as a publisher can make it. */
  readonly bigYamlName: string;
  /** Path of a file of 100 MB. */
  readonly largePath: string;
  /** A model whose devices get serials without an API key: its assertion. */
  readonly openModel: string;
}
