import { Command, CommanderError } from 'commander'
import { backtestCommand } from './cli/backtest.ts'
import { checkInCommands } from './cli/check-ins.ts'
import { claimCommands } from './cli/claims.ts'
import { clientCommands } from './cli/clients.ts'
import { copayCommands } from './cli/copay.ts'
import { deadletterCommands } from './cli/deadletters.ts'
import { disasterCommands } from './cli/disaster.ts'
import { doctorCommand } from './cli/doctor.ts'
import { keyCommands } from './cli/keys.ts'
import { kioskAgentCommand } from './cli/kiosk-agent.ts'
import { AskedWrongly, Failed, remark } from './cli/output.ts'
import { registryCommands } from './cli/registry.ts'
import { replayCommand } from './cli/replay.ts'
import { reviewCommands } from './cli/review.ts'
import { streamCommands } from './cli/stream.ts'
import { trustCommands } from './cli/trust.ts'
import { InvalidConfig } from './config.ts'

/** The `gateway` command. Exit 0, 1 (the thing asked for failed) or 2 (asked wrongly). */
const program = new Command('gateway')
  .description("operator's commands; they work on the store that the environment names, also while a gateway runs on it")
  .showHelpAfterError('(add --help for what is possible)')
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Examples:
  gateway clients add --facility 01999          register a hospital; prints its secret once
  gateway registry import members FILE.ndjson   load members, with progress
  gateway claims submit visit.xml --wait 12     file a claim as a hospital would, show the decision
  gateway claims show c_5m3…                    why each amount was decided, with legal basis
  gateway doctor                                check configuration and every back end; says what to do
`,
  )
  .exitOverride()

const url = `http://127.0.0.1:${process.env['GATEWAY_PORT'] ?? '8080'}`
clientCommands(program)
registryCommands(program)
claimCommands(program, url)
replayCommand(program)
backtestCommand(program)
copayCommands(program)
reviewCommands(program)
deadletterCommands(program)
streamCommands(program)
keyCommands(program)
trustCommands(program)
kioskAgentCommand(program, url)
checkInCommands(program)
disasterCommands(program)
doctorCommand(program)
/** Sub-commands do not inherit how the program exits. */
const inherit = (command: Command): void => {
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    inherit(child)
  }
}
inherit(program)

try {
  await program.parseAsync()
} catch (cause) {
  process.exitCode = exitCodeOf(cause)
}

function exitCodeOf(cause: unknown): number {
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2
  if (cause instanceof AskedWrongly || cause instanceof InvalidConfig) {
    remark(`error: ${cause.message}`)
    return 2
  }
  remark(
    `error: ${cause instanceof Failed || !(cause instanceof Error) ? String(cause instanceof Failed ? cause.message : cause) : cause.message}`,
  )
  return 1
}
