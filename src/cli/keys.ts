import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { KEY_FILES, loadKeys } from '../ingest/access/keys.ts'
import { printLine } from './output.ts'

/** `gateway keys make`: in production keys are made once, on purpose. */
export function keyCommands(program: Command): void {
  program
    .command('keys')
    .description('the keys of a deployment')
    .command('make')
    .description('make the keys that are missing; those that are there are kept')
    .option('--dir <folder>', 'where to; GATEWAY_KEYS_DIR when absent')
    .addHelpText('after', '\nExample:\n  gateway keys make --dir keys\n')
    .action(({ dir }: { dir?: string }) => {
      const folder = dir ?? readConfig(process.env).keysDir
      loadKeys(folder, { create: true })
      for (const name of Object.values(KEY_FILES)) printLine(`${folder}/${name}`)
    })
}
