import { describe, expect, it } from 'vitest';
import { MAX_CLAIM_VALUES, namesOfClaims, roleOfClaims } from './claims.js';
import { MAX_OIDC_ROLES, OIDC_ROLES } from './oidc.settings.js';

const ROLES = OIDC_ROLES.parse('admins=admin;cn=ops,dc=x=operator; staff = viewer');

describe('the role of a claim', () => {
  it.each([
    [{ groups: ['staff', 'cn=ops,dc=x'] }, 'groups', 'operator'],
    [{ groups: ['admins', 'staff'] }, 'groups', 'admin'],
    [{ groups: 'staff' }, 'groups', 'viewer'],
    [{ groups: ['Staff', 'staff ', 'others'] }, 'groups', undefined],
    [{ groups: [['admins'], { admins: 1 }, 1, null] }, 'groups', undefined],
    [{ groups: { admins: 'admins' } }, 'groups', undefined],
    [{}, 'groups', undefined],
    [{ realm_access: { roles: ['admins'] } }, 'realm_access.roles', 'admin'],
    [{ 'https://x.example/roles': ['admins'] }, 'https://x.example/roles', 'admin'],
    [{ 'a.b': 'staff', a: { b: 'admins' } }, 'a.b', 'viewer'],
    [{ a: ['admins'] }, 'a.0', undefined],
    [{}, '__proto__.constructor', undefined],
    [{ groups: [...Array.from({ length: MAX_CLAIM_VALUES - 1 }, () => 'x'), 'staff'] }, 'groups', 'viewer'],
    [{ groups: [...Array.from({ length: MAX_CLAIM_VALUES }, () => 'x'), 'staff'] }, 'groups', undefined],
  ])('of %j at %s is %s', (claims, claim, role) => expect(roleOfClaims(claims, claim, ROLES)).toBe(role));
});

describe('a mapping of roles', () => {
  it.each([
    ['admins', 'give VALUE=ROLE'],
    ['=admin', 'give VALUE=ROLE'],
    ['a=admin;', 'give VALUE=ROLE'],
    ['a=root', '"root" is no role'],
    ['a=admin;a=viewer', '"a" has two roles'],
    [
      Array.from({ length: MAX_OIDC_ROLES + 1 }, (_, n) => `g${n}=viewer`).join(';'),
      `up to ${MAX_OIDC_ROLES} values`,
    ],
    [`${'x'.repeat(32 << 10)}=admin`, 'characters'],
  ])('is not %.40s', (text, why) => expect(() => OIDC_ROLES.parse(text)).toThrow(why));

  it(`has up to ${MAX_OIDC_ROLES} values, or none`, () => {
    const many = Array.from({ length: MAX_OIDC_ROLES }, (_, n) => `g${n}=viewer`).join(';');
    expect([OIDC_ROLES.parse(many).size, OIDC_ROLES.parse('').size]).toEqual([MAX_OIDC_ROLES, 0]);
  });
});

it('names are those that an operator can have, and the last one is only theirs', () => {
  const who = { iss: 'https://login.example', sub: 'U-1' };
  expect(namesOfClaims({ ...who, preferred_username: 'Kim', email: 'kim@x' }).slice(0, 3)).toEqual([
    'kim',
    'kim@x',
    'u-1',
  ]);
  const odd = namesOfClaims({ ...who, sub: 'a b', preferred_username: '../x', email: ['kim@x'] });
  expect(odd).toEqual([expect.stringMatching(/^oidc-[0-9a-f]{16}$/)]);
  expect(namesOfClaims({ iss: who.iss, sub: 'a c' })).not.toEqual(odd);
});
