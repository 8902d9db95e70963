/** The long Markdown answer (about 20 kB) of the word `long`: everything that a renderer must bear. */

const INTRO = `# A tour of Markdown

This is a long answer. It has **bold**, *italic*, \`code\`, ~~struck~~ text and a [link](https://agentclientprotocol.com).
It is long enough that a chat message cannot hold it, so you can see what becomes of it.

`;

function section(number: number): string {
  return `## ${number}. Part ${number} of the tour

Each part has a table, a list and a block of code. A line with a | pipe, a <tag> and an & sign is in here too.

| Step | What happens | Cost |
|-----:|:-------------|:----:|
| ${number}.1 | The agent reads \`src/part-${number}.ts\` | ${number * 3} ms |
| ${number}.2 | It changes one line | ${number * 7} ms |
| ${number}.3 | It runs the tests | ${number * 11} ms |

1. First, the obvious things:
   - they are nested,
   - and nested again:
     - down to here.
2. Then a task list:
   - [x] done
   - [ ] not done

\`\`\`\`markdown
A fence inside a fence:

\`\`\`ts
export const part${number} = (n: number): number => n * ${number};
\`\`\`
\`\`\`\`

\`\`\`diff
-const answer = ${number};
+const answer = ${number + 1};
\`\`\`

> A quotation, with a long sentence that goes on for a while so that it must be wrapped somewhere, and where that is depends on the width of your window.

`;
}

export function longAnswer(): string {
  const parts = Array.from({ length: 25 }, (_, index) => section(index + 1));
  return `${INTRO}${parts.join('')}---\n\nThat was the tour. Grüße, 日本語, and 👩‍🚀 made it through, too.\n`;
}
