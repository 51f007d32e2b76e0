import type { EvidenceSettings } from '../../../config/routing-config.ts';
import type { Checker } from './checker.ts';
import { codeChecker } from './code-checker.ts';
import { exactChecker } from './exact-checker.ts';
import { type JudgeOptions, judgeChecker } from './judge-checker.ts';
import { schemaChecker } from './schema-checker.ts';

/** What compares the answers of a policy. */
export function checkerFor({ checker }: EvidenceSettings, judge: JudgeOptions): Checker {
  switch (checker) {
    case 'exact':
      return exactChecker;
    case 'schema':
      return schemaChecker;
    case 'code':
      return codeChecker;
    case 'judge':
      return judgeChecker(judge);
  }
}
