/** Debian's architecture names, as far as letters go. */
export const ARCHITECTURE = /^[a-z0-9][-a-z0-9]{0,31}$/;
