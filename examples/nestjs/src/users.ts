import { setTimeout } from 'node:timers/promises';
import { Body, Controller, Get, Inject, Injectable, Param, Put } from '@nestjs/common';
import { type ClusterCache, ClusterNode } from 'cachex/cluster';

export interface User {
  readonly id: string;
  readonly name: string;
}

/** Stands for a slow database. */
async function loadUser(id: string): Promise<User> {
  console.log(`loading ${id}`);
  await setTimeout(50);
  return { id, name: id.toUpperCase() };
}

const functions = { loadUser };

/** The users, in the cache that all processes share. */
export const usersProvider = {
  provide: 'users',
  inject: [ClusterNode],
  useFactory: (node: ClusterNode): UserCache => node.cache('users', { ttl: '5m', functions }),
};

type UserCache = ClusterCache<string, User, typeof functions>;

@Injectable()
export class UsersService {
  @Inject('users') private readonly users!: UserCache;

  find(id: string): Promise<User> {
    return this.users.fetch(id, 'loadUser');
  }

  async rename(id: string, name: string): Promise<User> {
    const user = { id, name };
    await this.users.put(id, user);
    return user;
  }
}

@Controller('users')
export class UsersController {
  @Inject(UsersService) private readonly users!: UsersService;

  @Get(':id')
  find(@Param('id') id: string): Promise<User> {
    return this.users.find(id);
  }

  @Put(':id')
  rename(@Param('id') id: string, @Body() { name }: { name: string }): Promise<User> {
    return this.users.rename(id, name);
  }
}
