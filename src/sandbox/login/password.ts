import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const KEY_BYTES = 32;

async function derive(password: string, salt: Buffer): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Compares passwords in a time that reveals nothing about either: scrypt, RFC 7914. */
export class PasswordCheck {
  private readonly salt = randomBytes(16);
  private readonly expected: Promise<Buffer>;

  /** @param password - if undefined, nothing matches, after the same work */
  constructor(private readonly password: string | undefined) {
    this.expected = derive(password ?? '', this.salt);
  }

  async matches(given: string): Promise<boolean> {
    const equal = timingSafeEqual(await derive(given, this.salt), await this.expected);
    return equal && this.password !== undefined;
  }
}
