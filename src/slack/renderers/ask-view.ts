/** The dialog of "Ask Threadcast". */
import type { View } from '@slack/types';

/** Action id of the field. */
export const QUESTION = 'question';

export const askView = (callbackId: string, target: string): View => ({
  type: 'modal',
  callback_id: callbackId,
  private_metadata: target,
  title: { type: 'plain_text', text: 'Ask Threadcast' },
  submit: { type: 'plain_text', text: 'Ask' },
  close: { type: 'plain_text', text: 'Cancel' },
  blocks: [
    {
      type: 'input',
      block_id: QUESTION,
      label: { type: 'plain_text', text: 'What should be done?' },
      hint: { type: 'plain_text', text: 'The agent gets the message too, and answers below it.' },
      element: {
        type: 'plain_text_input',
        action_id: QUESTION,
        multiline: true,
        max_length: 3000,
      },
    },
  ],
});
