/**
 * What people can rely on, on every surface. The text around an answer differs from surface to
 * surface, so these tests look for what must be told, not for how it is worded.
 */
import { describeOrder } from './surface.order.contract.ts';
import { describePermission } from './surface.permission.contract.ts';
import { describeRestart } from './surface.restart.contract.ts';
import { describeTurns } from './surface.turns.contract.ts';
import type { SurfaceUnderTest } from './surface.under-test.ts';

export function describeSurface(surface: SurfaceUnderTest): void {
  describeTurns(surface);
  describeOrder(surface);
  describePermission(surface);
  describeRestart(surface);
}
