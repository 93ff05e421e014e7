import { configTable } from '../src/config.ts'

/** The page of every variable, from `schemas/config.json`. */
export function generateConfigurationPage(): { path: string; content: string }[] {
  const rows = configTable().map(
    ({ name, default: value, unit, allowed, description }) =>
      `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${unit} | ${allowed} | ${description.replaceAll('|', '\\|')} |`,
  )
  const content = [
    '# Configuration',
    '',
    'Made from `schemas/config.json` by `npm run gen`. The environment is the only source; an unknown `GATEWAY_*` name stops the start, and',
    'every fault is said at once.',
    '',
    '| Variable | Default | Unit | Allowed | Meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
  return [{ path: 'docs/configuration.md', content }]
}
