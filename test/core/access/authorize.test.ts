import { describe, expect, it } from 'vitest';
import { authorize, holds, scopeFor, scopesToRoles } from '../../../src/core/access/authorize.ts';
import type { Actor, Caller, Role } from '../../../src/core/model/actor.ts';
import { ROLES, roleOf, VERB_ROLES, type Verb } from '../../../src/core/model/verbs.ts';

const VERBS = Object.keys(VERB_ROLES) as readonly Verb[];

function caller(kind: Actor['kind'], ...roles: readonly Role[]): Caller {
  return { actor: { surface: 'web', id: '1', name: 'ada', kind }, roles };
}
const allowedTo = (who: Caller): readonly Verb[] =>
  VERBS.filter((verb) => authorize(verb, who).allow);
const person = (...roles: readonly Role[]): Caller => caller('person', ...roles);

describe('a person', () => {
  it.each(ROLES)('with the role %s may do what it and the lesser roles allow', (role) => {
    expect(allowedTo(person(role))).toEqual(
      VERBS.filter((verb) => ROLES.indexOf(roleOf(verb)) <= ROLES.indexOf(role)),
    );
  });

  it('without roles may do nothing, and so may a bot', () => {
    expect(allowedTo(person())).toEqual([]);
    expect(allowedTo(caller('bot'))).toEqual([]);
  });

  it('is told the missing role and who has it', () => {
    const reasons = (['status', 'prompt', 'permission.answer', 'template.write'] as const).map(
      (verb) => authorize(verb, person()),
    );
    expect(reasons).toMatchInlineSnapshot(`
      [
        {
          "allow": false,
          "reason": "Sorry, this needs the role \`read\`, which you do not have here. Please ask somebody who has it: members of this repository or channel.",
          "role": "read",
        },
        {
          "allow": false,
          "reason": "Sorry, this needs the role \`run\`, which you do not have here. Please ask somebody who has it: people who may start work here, usually those with write access.",
          "role": "run",
        },
        {
          "allow": false,
          "reason": "Sorry, this needs the role \`approve\`, which you do not have here. Please ask somebody who has it: approvers, usually the maintainers.",
          "role": "approve",
        },
        {
          "allow": false,
          "reason": "Sorry, this needs the role \`maintain\`, which you do not have here. Please ask somebody who has it: maintainers.",
          "role": "maintain",
        },
      ]
    `);
  });
});

describe('the table', () => {
  it('keeps what is dangerous for those who answer for it', () => {
    expect(roleOf('session.create_spawn')).toBe('maintain');
    expect(roleOf('template.write')).toBe('maintain');
    expect(roleOf('token.write')).toBe('maintain');
    expect(roleOf('permission.answer')).toBe('approve');
    expect([roleOf('approve'), roleOf('deny')]).toEqual(['approve', 'approve']);
    const acting = (['prompt', 'cancel', 'stop', 'queue.clear', 'session.close'] as const).map(
      roleOf,
    );
    expect(new Set(acting)).toEqual(new Set(['run']));
  });
});

describe('the requester of a turn', () => {
  const mine = { isRequester: true };

  it.each(['permission.answer', 'approve', 'deny'] as const)('may %s by role', (verb) => {
    expect(authorize(verb, person('run'), mine).allow).toBe(false);
    expect(authorize(verb, person('approve'), mine).allow).toBe(true);
  });

  it('may answer with the role run where that is configured, and only own requests', () => {
    const facts = { isRequester: true, requesterMayApprove: true };
    expect(authorize('permission.answer', person('run'), facts)).toEqual({ allow: true });
    expect(authorize('permission.answer', person('read'), facts).allow).toBe(false);
    const other = { isRequester: false, requesterMayApprove: true };
    expect(authorize('permission.answer', person('run'), other).allow).toBe(false);
    expect(authorize('template.write', person('run'), facts).allow).toBe(false);
  });

  it('may never answer where that is configured, whatever the role', () => {
    const facts = { isRequester: true, requesterMayApprove: false };
    expect(authorize('permission.answer', person('maintain'), facts)).toMatchObject({
      allow: false,
      role: 'approve',
      reason: expect.stringContaining('somebody else'),
    });
    expect(authorize('stop', person('maintain'), facts)).toEqual({ allow: true });
    const other = { isRequester: false, requesterMayApprove: false };
    expect(authorize('permission.answer', person('approve'), other)).toEqual({ allow: true });
  });
});

describe('an API token', () => {
  it.each([
    [['read'], ['read']],
    [['run'], ['run']],
    [
      ['approve', 'read'],
      ['read', 'approve'],
    ],
    [['admin'], ['read', 'run', 'approve', 'maintain']],
    [[], []],
  ] as const)('with the scopes %j has the roles %j', (scopes, roles) => {
    expect(scopesToRoles(scopes)).toEqual(roles);
  });

  it('stands alone with each scope but admin', () => {
    for (const scope of ['read', 'run', 'approve'] as const) {
      const token = caller('token', ...scopesToRoles([scope]));
      expect(allowedTo(token)).toEqual(VERBS.filter((verb) => roleOf(verb) === scope));
    }
    const admin = caller('token', ...scopesToRoles(['admin']));
    expect(allowedTo(admin)).toEqual(VERBS);
  });

  it('is told the missing scope', () => {
    const token = caller('token', 'read');
    expect(authorize('template.write', token)).toMatchObject({
      role: 'maintain',
      reason: expect.stringContaining('`admin`'),
    });
    expect(authorize('prompt', token)).toMatchObject({ reason: expect.stringContaining('`run`') });
    expect(ROLES.map(scopeFor)).toEqual(['read', 'run', 'approve', 'admin']);
    expect(holds(token, 'read')).toBe(true);
  });
});
