/**
 * Slack's libraries log through ours, one level lower: they are loud, and what matters to us we say
 * ourselves. Their debug lines hold request bodies and are dropped.
 */
import { LogLevel, type Logger as VendorLogger } from '@slack/bolt';
import type { Logger } from '../../core/ports/logger.ts';

export function createVendorLogger(logger: Logger): VendorLogger {
  const text = (words: readonly unknown[]): string => words.map(String).join(' ');
  return {
    debug: () => {},
    info: (...words: unknown[]) => logger.debug({ slack: text(words) }, 'Slack library'),
    warn: (...words: unknown[]) => logger.debug({ slack: text(words) }, 'Slack library warns'),
    error: (...words: unknown[]) => logger.warn({ slack: text(words) }, 'Slack library failed'),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
