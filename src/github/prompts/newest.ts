/** The newest comments of a conversation, in at most three calls however long it is. */
import type { Site } from '../client/comments.ts';
import type { Said } from './discussion.ts';

const PAGE = 100;

/** `since`: in milliseconds, 0: all. `skipped`: how many older ones were not read. */
export async function newestComments(
  { octokit, name, place }: Site,
  since: number,
): Promise<{ readonly comments: readonly Said[]; readonly skipped: number }> {
  const read = (page: number) =>
    octokit.rest.issues.listComments({
      ...name,
      issue_number: place.number,
      per_page: PAGE,
      page,
      ...(since === 0 ? {} : { since: new Date(since).toISOString() }),
    });
  const first = await read(1);
  const [, last = '1'] = /[?&]page=(\d+)[^>]*>; rel="last"/.exec(first.headers.link ?? '') ?? [];
  const from = Math.max(2, Number(last) - 1);
  const pages = Array.from(
    { length: Math.max(0, Number(last) - from + 1) },
    (_, nth) => from + nth,
  );
  const rest = await Promise.all(pages.map(read));
  const isAll = from === 2;
  return {
    comments: [...(isAll ? [first] : []), ...rest].flatMap(({ data }) => data),
    skipped: isAll ? 0 : (from - 1) * PAGE,
  };
}
