// What comes in and goes out at /helium.
import { ApiProperty } from '@nestjs/swagger';
import { IsDefined, Matches } from 'class-validator';

/** For OpenAPI: any JSON but null. */
const ANY_JSON = {
  description: 'Any JSON but null',
  example: 'Hydrogen',
  oneOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'array', items: {} },
    { type: 'object', additionalProperties: true },
  ],
};

export class SettingKey {
  @ApiProperty({ example: 'site.title' })
  @Matches(/^[a-z][a-z0-9._-]{0,99}$/, {
    message: 'key must be 1 to 100 of a-z, 0-9, ".", "_" and "-", beginning with a letter',
  })
  readonly key!: string;
}

export class SettingValue {
  @ApiProperty(ANY_JSON)
  @IsDefined()
  readonly value!: unknown;
}

export class Setting {
  @ApiProperty({ example: 'site.title' })
  readonly key!: string;

  @ApiProperty(ANY_JSON)
  readonly value!: unknown;

  @ApiProperty({ description: 'Counts the changes, from 1', example: 1 })
  readonly version!: number;

  @ApiProperty()
  readonly updatedAt!: Date;
}

export class SettingVersion {
  @ApiProperty({ example: 1 })
  readonly version!: number;

  @ApiProperty(ANY_JSON)
  readonly value!: unknown;

  @ApiProperty()
  readonly changedAt!: Date;
}
