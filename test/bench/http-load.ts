/** Posts bodies over kept connections, and tells how long each took. */
import { Agent, request } from 'node:http';

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Load {
  /** Of each answer, in ms. */
  readonly took: readonly number[];
  readonly perSecond: number;
}

/** `atOnce` connections; rejects when an answer is no success. */
export async function load(url: string, posts: readonly Post[], atOnce: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const took: number[] = [];
  const left = posts.values();
  const start = performance.now();
  const worker = async (): Promise<void> => {
    for (const post of left) {
      const before = performance.now();
      const status = await send(agent, url, post);
      took.push(performance.now() - before);
      if (status < 200 || status > 299) throw new Error(`${url} answers with ${status}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const perSecond = (posts.length * 1000) / (performance.now() - start);
  agent.destroy();
  return { took, perSecond };
}

function send(agent: Agent, url: string, { headers, body }: Post): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body));
    const sent = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': length } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
