/** Do links lead people here? */
import type { CliConfig, Finding } from '../command.ts';
import { isLoopback } from '../reachable.ts';

export function checkPublicUrl(config: CliConfig): readonly Finding[] {
  const { publicUrl, host } = config;
  if (publicUrl === undefined) {
    if (isLoopback(host)) {
      return [
        hasPlatform(config)
          ? { state: 'note', says: NO_LINKS }
          : { state: 'good', says: 'PUBLIC_URL: not set, only this machine' },
      ];
    }
    return [
      {
        state: 'bad',
        says: `The server listens on ${host}, but PUBLIC_URL is not set: links would lead nowhere.`,
        mend: 'Set PUBLIC_URL to the address that people use, such as https://threadcast.example.org.',
      },
    ];
  }
  const url = new URL(publicUrl);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return [
      {
        state: 'bad',
        says: `PUBLIC_URL ${publicUrl} is not https: tokens would cross the network readable.`,
        mend: 'Put a TLS proxy in front and set PUBLIC_URL to its https:// address.',
      },
    ];
  }
  return [{ state: 'good', says: `PUBLIC_URL: ${publicUrl}` }];
}

const NO_LINKS =
  'PUBLIC_URL is not set: messages on GitHub and Slack carry no link to the session page and to permission requests.';

const hasPlatform = ({ github, slack }: CliConfig): boolean =>
  github !== undefined || slack !== undefined;
