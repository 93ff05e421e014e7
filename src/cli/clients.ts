import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { ROLES, type Role } from '../ingest/access/access.ts'
import { addClient, listClients, revokeClient } from '../ingest/access/client-records.ts'
import { AskedWrongly, Failed, printJson, printLine, remark, table } from './output.ts'
import { withGateway } from './with-gateway.ts'

/** `gateway clients …`: who may call. */
export function clientCommands(program: Command): void {
  const clients = program.command('clients').description('who may call the gateway')
  clients
    .command('add')
    .description('register a client; its secret is shown once')
    .requiredOption('--facility <code>', 'code of the facility (it need not be in the register yet)')
    .option('--role <role>', ROLES.join(' | '), 'facility')
    .option('--json', 'print {client_id, client_secret, facility, role}')
    .addHelpText('after', '\nExample:\n  gateway clients add --facility 01999\n')
    .action(add)
  clients
    .command('list')
    .description('all clients, revoked ones too')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  gateway clients list\n')
    .action(list)
  clients
    .command('revoke')
    .argument('<client-id>')
    .description('its tokens stop counting within seconds')
    .addHelpText('after', '\nExample:\n  gateway clients revoke client_5f0c…\n')
    .action(revoke)
}

async function add({ facility, role, json }: { facility: string; role: string; json?: boolean }): Promise<void> {
  if (!/^[0-9A-Z]{5}$/.test(facility)) throw new AskedWrongly('--facility is the five characters of MA_CSKCB, such as 01999')
  if (!ROLES.includes(role as Role)) throw new AskedWrongly(`--role is one of ${ROLES.join(', ')}`)
  const made = await withGateway(async (composed) =>
    addClient(await composed.pool(), composed.keyedHash(), randomBytes, { facilityCode: facility, role: role as Role }),
  )
  if (json) {
    printJson({ client_id: made.clientId, client_secret: made.clientSecret, facility: made.facilityCode, role: made.role })
    return
  }
  printLine(`client_id      ${made.clientId}`)
  printLine(`client_secret  ${made.clientSecret}`)
  remark(
    `facility ${made.facilityCode}, role ${made.role}. The secret is not shown again. A running gateway knows the client within seconds.`,
  )
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const all = await withGateway(async (composed) => listClients(await composed.pool()))
  const shown = all.map(({ clientId, facilityCode, role, createdAt, revokedAt }) => ({
    client_id: clientId,
    facility: facilityCode,
    role,
    created_at: createdAt,
    revoked_at: revokedAt,
  }))
  if (json) return printJson(shown)
  if (shown.length === 0) return remark('no clients yet: gateway clients add --facility 01999')
  printLine(
    table(
      ['client', 'facility', 'role', 'since', 'revoked'],
      shown.map((client) => [client.client_id, client.facility, client.role, client.created_at, client.revoked_at ?? '']),
    ),
  )
}

async function revoke(clientId: string): Promise<void> {
  const found = await withGateway(async (composed) => revokeClient(await composed.pool(), clientId))
  if (!found) throw new Failed(`there is no client ${clientId}: gateway clients list`)
  remark(`${clientId} is revoked`)
}
