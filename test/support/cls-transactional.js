// A service with @nestjs-cls/transactional on a database of ours, in a process of its own. Decorators are applied by hand, for
// this file is run as it stands. Argument: the connection as JSON. Prints what it saw, as JSON.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ClsModule } from 'nestjs-cls';
import { ClsPluginTransactional, Propagation, Transactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsTransactionalAdapter, DatabaseModule, getDatabaseToken } from '@hydrogen/database';

class Service {
  constructor(host) {
    this.host = host;
  }

  async move(to) {
    await this.host.tx.query('insert into t values (1)');
    await this.part(to);
  }

  async part(n) {
    await this.host.tx.query('insert into t values ($1)', [n]);
    if (n < 0) throw new Error('no such account');
  }
}
const move = Object.getOwnPropertyDescriptor(Service.prototype, 'move');
Object.defineProperty(Service.prototype, 'move', Transactional()(Service.prototype, 'move', move) ?? move);

class AppModule {}
const module = {
  module: AppModule,
  imports: [
    DatabaseModule.forRoot({ config: { Connections: { Main: JSON.parse(process.argv[2]) } }, env: {} }),
    ClsModule.forRoot({
      global: true,
      plugins: [new ClsPluginTransactional({ adapter: new ClsTransactionalAdapter({ db: 'Main' }) })],
    }),
  ],
  providers: [{ provide: Service, inject: [TransactionHost], useFactory: (host) => new Service(host) }],
};

const app = await NestFactory.createApplicationContext(module, { logger: false });
const db = app.get(getDatabaseToken('Main'));
const service = app.get(Service);
const stored = async () => (await db.many('select n from t order by n')).map(({ n }) => n);
const failed = await service.move(-1).catch((error) => error.message);
const undone = await stored();
await service.move(2);
await service.part(3);
const kept = await stored();
// What stands outside of the transaction outlives it.
const host = app.get(TransactionHost);
const apart = host.withTransaction(async () => {
  await host.tx.query('insert into t values (4)');
  await host.withTransaction(Propagation.NotSupported, () => host.tx.query('insert into t values (5)'));
  throw new Error('undone');
});
await apart.catch(() => {});
console.log(JSON.stringify({ failed, undone, kept, apart: await stored() }));
await app.close();
