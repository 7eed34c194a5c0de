export const subjects = { get: 'users.get', put: 'users.put' } as const;
