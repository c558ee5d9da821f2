/** What must hold on two cores while one attacker on one address does its worst. */
export const BARS = {
  /** From the question to the last byte of the answer, of a device that refreshes once a second. */
  normalP99Ms: 500,
  /** Answers to that device other than 200, and questions without an answer. */
  normalFailures: 0,
  /** Highest resident memory of the server; PostgreSQL not counted. */
  peakRssMb: 400,
  /** Longest time without a pause of the event loop. */
  loopBlockMs: 250,
  /** CPU of one request, Node and PostgreSQL together. */
  requestCpuMs: 150,
  /** Longest answer that is neither a file nor the catalogue of names. */
  answerBytes: 16 << 20,
} as const;
