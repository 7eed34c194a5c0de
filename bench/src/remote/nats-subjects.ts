/** What is asked of the process that holds values; values travel and stay as bytes. */
export const subjects = { get: 'users.get', put: 'users.put', putMany: 'users.put-many' } as const;
