import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createActionTokens, inputHash } from '../../../src/core/access/action-token.ts';
import { createPageLinks, readApprovalLink } from '../../../src/core/access/page-links.ts';
import { mintId } from '../../../src/core/model/ids.ts';

const tokens = createActionTokens({ key: randomBytes(32) });
const links = createPageLinks({ publicUrl: 'https://threads.test', tokens });
const sessionId = mintId('s', 1);
const requestId = mintId('r', 2);
const asked = { rawInput: { command: 'npm test' } };
const view = { sessionId, permission: { requestId, expiresAt: 1000, asked } };

const tokenOf = (url: string): string => new URL(url).pathname.split('/').at(-1) ?? '';

describe('a link of a message', () => {
  it('leads to the page of the session', () => {
    expect(links.sessionUrl(sessionId)).toBe(`https://threads.test/sessions/${sessionId}`);
  });

  it('leads to a request, and is bound to its session, expiry and shown input', () => {
    const url = links.approvalUrl(view);
    expect(url).toMatch(/^https:\/\/threads\.test\/approve\/[\w.-]+$/);
    expect(url.length).toBeLessThan(400);
    const expected = { sessionId, requestId, expiresAt: 1000, inputHash: inputHash(asked) };
    expect(readApprovalLink(tokens, tokenOf(url))).toEqual(expected);
  });

  it('is no button, and no button is a link', () => {
    const link = tokenOf(links.approvalUrl(view));
    expect(tokens.verify(link, 0)).toMatchObject({ optionId: '', surface: 'link' });
    for (const surface of ['web', 'github', 'slack']) {
      const button = {
        sessionId,
        requestId,
        optionId: 'yes',
        surface,
        expiresAt: 1,
        inputHash: '',
      };
      expect(readApprovalLink(tokens, tokens.mint(button))).toBeUndefined();
    }
  });

  it('is refused when it was changed, or made with another key', () => {
    const link = tokenOf(links.approvalUrl(view));
    expect(readApprovalLink(tokens, `${link.slice(0, -2)}AA`)).toBeUndefined();
    const others = createActionTokens({ key: randomBytes(32) });
    expect(readApprovalLink(others, link)).toBeUndefined();
  });
});
