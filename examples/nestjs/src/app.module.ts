import { Module } from '@nestjs/common';
import { ClusterModule } from './cluster.module.ts';
import { UsersController, UsersService, usersProvider } from './users.ts';

@Module({
  imports: [ClusterModule],
  controllers: [UsersController],
  providers: [usersProvider, UsersService],
})
export class AppModule {}
