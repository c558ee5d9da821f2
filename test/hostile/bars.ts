/** The limits that must hold on two cores during the worst attack from one address. */
export const BARS = {
  /** From sending a request to the last byte of the answer, for a device that refreshes once a second. */
  normalP99Ms: 500,
  /** Answers to that device other than 200, and requests without an answer. */
  normalFailures: 0,
  /** Highest resident memory of the server, without PostgreSQL. */
  peakRssMb: 400,
  /** Longest time that the event loop is blocked. */
  loopBlockMs: 250,
  /** CPU of one request, Node and PostgreSQL together. */
  requestCpuMs: 150,
  /** Largest answer that is neither a file nor the list of all names. */
  answerBytes: 16 << 20,
} as const;
