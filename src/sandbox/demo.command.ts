import { Command, Option } from 'nest-commander';
import { Anywhere } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson } from '../common/terminal/terminal.js';

@Command({ name: 'demo', description: 'try a whole store on this machine: sign, push, ask, verify, serve' })
@Anywhere('it runs a store there')
export class DemoCommand extends JsonCommand {
  async run(_arguments: string[], options: JsonOption & { once?: boolean } = {}): Promise<void> {
    // Loaded only here: the other commands start faster without the HTTP server.
    const { runDemo } = await import('./demo.js');
    const { printStory, printServing } = await import('./demo-lines.js');
    await runDemo((story) => {
      if (options.json) printJson(story);
      else printStory(story);
      if (!options.once && !options.json) printServing(story);
    }, options.once === true);
  }

  @Option({ flags: '--once', description: 'exit after the demo instead of serving until Ctrl-C' })
  parseOnce(): boolean {
    return true;
  }
}
