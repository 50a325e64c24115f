// The service that is pinged: a Nest application with four routes. JSON is made the way each library offers it:
// JSON.stringify of the rows, or the bytes that the library itself has made.
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { Controller, Get, Inject, Module, Res, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Response } from 'express';
import { ROWS_100K, ROWS_300K } from '../data.js';
import type { Driver } from '../drivers/driver.js';

const DRIVER = Symbol('driver');
const PARAMS: readonly unknown[] = [0];

@Controller()
class PingController {
  constructor(@Inject(DRIVER) private readonly driver: Driver) {}

  @Get('ping')
  ping(): string {
    return 'pong';
  }

  /** Fetched, not sent: the objects are what the service works with. */
  @Get('objects')
  async objects(): Promise<{ rows: number }> {
    return { rows: (await this.driver.rows(ROWS_100K, PARAMS)).length };
  }

  @Get('objects-300k')
  async manyObjects(): Promise<{ rows: number }> {
    return { rows: (await this.driver.rows(ROWS_300K, PARAMS)).length };
  }

  @Get('json')
  async json(@Res() response: Response): Promise<void> {
    response.type('application/json');
    const { ours } = this.driver;
    if (ours?.json) {
      const { chunks } = await ours.json(ROWS_100K.text, PARAMS);
      await pipeline(Readable.from(chunks, { objectMode: false }), response);
    } else response.end(JSON.stringify(await this.driver.rows(ROWS_100K, PARAMS)));
  }
}

export function createService(driver: Driver): Promise<INestApplication> {
  @Module({ controllers: [PingController], providers: [{ provide: DRIVER, useValue: driver }] })
  class PingModule {}
  return NestFactory.create(PingModule, { logger: false });
}
