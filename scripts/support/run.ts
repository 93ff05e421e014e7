import { join, resolve } from 'node:path'

/** The project's folder. */
export const root = resolve(import.meta.dirname, '..', '..')

/** A program that an installed package brings. */
export const bin = (name: string): string =>
  join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)

/** One line of progress. */
export function say(line: string): void {
  process.stdout.write(`· ${line}\n`)
}
