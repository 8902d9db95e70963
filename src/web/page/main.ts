/** The page's script: what makes the server-rendered page live. Without it everything still works. */
import { startComposer } from './composer.ts';
import { startCopying } from './copying.ts';
import { startDialogs } from './dialogs.ts';
import { startForms } from './forms.ts';
import { startLogin } from './login.ts';
import { startParts } from './parts.ts';
import { startPlace } from './place.ts';
import { startStream } from './stream.ts';
import { startTicking } from './ticking.ts';

startLogin();
startDialogs();
startForms();
startComposer();
startTicking();
startParts();
startCopying();
startStream();
startPlace();
document.documentElement.dataset['script'] = '';
