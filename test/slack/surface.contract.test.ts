/** Slack keeps the contract of surfaces, in channels and in direct messages. */
import { describeSurface } from '../contracts/surface.contract.ts';
import { openSlack } from './bench.ts';

describeSurface({
  name: 'a Slack channel',
  lacks: {},
  longAnswer: 15_000,
  open: () => openSlack(),
});

describeSurface({
  name: 'a direct message on Slack',
  lacks: {
    outsiderSpeaks: 'nobody else is in a direct message',
    outsiderPresses: 'nobody else is in a direct message',
  },
  longAnswer: 15_000,
  open: () => openSlack({ direct: true }),
});
