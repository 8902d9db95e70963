/** Slack keeps the contract of surfaces in Socket Mode too. */
import { describeSurface } from '../contracts/surface.contract.ts';
import { openSlack } from './bench.ts';

describeSurface({
  name: 'a Slack channel in Socket Mode',
  lacks: {},
  longAnswer: 15_000,
  open: () => openSlack({ socket: true }),
});
