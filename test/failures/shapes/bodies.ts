/** The error bodies of the two shapes that others copy or pass on. */

export const openai = (type: string | null, code: string | null, message: string, param: string | null = null) => ({
  error: { message, type, param, code },
});

export const anthropic = (type: string, message: string, details?: unknown) => ({
  type: 'error',
  error: details === undefined ? { type, message } : { details, type, message },
  request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
});
