import { readFileSync } from 'node:fs'
import { checkBody } from '../adjudication/offline-check.ts'
import { createFindOwn } from '../adjudication/offline-check-register.ts'
import { RegisterRowInvalid, type RegisterRows } from '../adjudication/offline-check-shapes.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import { AskedWrongly } from './output.ts'
import type { CheckedFile } from './print-check.ts'

/** Files of `registry import` that the hospital has of itself. */
export interface RegisterFiles {
  readonly facility?: string
  readonly member?: string
  readonly catalogue?: string
}

/** Checks files of claims. @throws AskedWrongly when a file cannot be read or a register row is not of its shape */
export function checkFiles(
  files: readonly string[],
  rulebook: Rulebook,
  registers: RegisterFiles,
  receivedOn: string,
): readonly CheckedFile[] {
  const findOwn = ownOf(registers)
  return files.map((file) => ({ file, claims: checkBody(bytesOf(file), rulebook, { findOwn, receivedOn }) }))
}

function ownOf({ facility, member, catalogue }: RegisterFiles) {
  const rows: RegisterRows = {
    ...(facility === undefined ? {} : { facilities: linesOf(facility) }),
    ...(member === undefined ? {} : { members: linesOf(member) }),
    ...(catalogue === undefined ? {} : { catalogue: linesOf(catalogue) }),
  }
  try {
    return createFindOwn(rows)
  } catch (cause) {
    if (cause instanceof RegisterRowInvalid) throw new AskedWrongly(cause.message, { cause })
    throw cause
  }
}

function linesOf(file: string): readonly unknown[] {
  return bytesOf(file)
    .toString('utf8')
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return []
      try {
        return [JSON.parse(line) as unknown]
      } catch (cause) {
        throw new AskedWrongly(`${file}, line ${index + 1}: not JSON; one object a line is wanted`, { cause })
      }
    })
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new AskedWrongly(`${file} cannot be read`, { cause })
  }
}
