/** The page's script: what makes the server-rendered page live. Without it everything still works. */
import { startComposer } from './composer.ts';
import { startDialogs } from './dialogs.ts';
import { startForms } from './forms.ts';
import { startLogin } from './login.ts';
import { startStream } from './stream.ts';
import { startTicking } from './ticking.ts';

startLogin();
startDialogs();
startForms();
startComposer();
startTicking();
startStream();
