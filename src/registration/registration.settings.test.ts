import { describe, expect, it } from 'vitest';
import { HTTPS_PROXY, UPSTREAM } from '../outgoing/outgoing.settings.js';
import { MAX_SERVICE_URL_LENGTH } from '../outgoing/service-url.js';
import { below, DASHBOARD_LOCATION, SSO_LOCATION } from './registration.settings.js';

describe('the URL of a service', () => {
  it.each([
    'https://dashboard.example',
    'http://127.0.0.1:8080',
    'https://[::1]/prefix/',
    `https://x/${'a'.repeat(MAX_SERVICE_URL_LENGTH - 'https://x/'.length)}`,
  ])('accepts %s', (text) => expect(DASHBOARD_LOCATION.parse(text).href).toBe(new URL(text).href));

  it.each([
    ['', 'give a URL with http or https'],
    ['dashboard.example', 'give a URL with http or https'],
    ['ftp://dashboard.example', 'give a URL with http or https'],
    ['https://', 'give a URL with http or https'],
    ['https://dash board.example', 'give a URL with http or https'],
    ['https://me@dashboard.example', 'without user and password'],
    ['https://:secret@dashboard.example', 'without user and password'],
    ['https://dashboard.example/?q', 'without query and fragment'],
    ['https://dashboard.example/#x', 'without query and fragment'],
    [
      `https://x/${'a'.repeat(MAX_SERVICE_URL_LENGTH + 1 - 'https://x/'.length)}`,
      `it is longer than ${MAX_SERVICE_URL_LENGTH} characters`,
    ],
  ])('refuses %s', (text, why) => {
    expect(() => SSO_LOCATION.parse(text)).toThrow(why);
    expect(() => SSO_LOCATION.parse(text)).toThrow(/^cannot set proxy\.sso\.location to /);
  });

  it('may have credentials if it is the upstream store or the proxy, and no message shows its password', () => {
    expect(UPSTREAM.parse('https://me:secret@store.example').username).toBe('me');
    expect(() => HTTPS_PROXY.parse('http://me:secret@proxy.example/?q')).toThrow(
      'cannot set proxy.https.proxy to "http://me:<redacted>@proxy.example/?q": give a URL without query and fragment',
    );
  });

  it('is the same with and without a final slash', () => {
    expect(below(new URL('http://x'), 'v1/y').href).toBe('http://x/v1/y');
    expect(below(new URL('http://x/prefix/'), 'v1/y').href).toBe('http://x/prefix/v1/y');
  });
});
