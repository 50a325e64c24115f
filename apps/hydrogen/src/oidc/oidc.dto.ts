// What comes in and goes out at /oidc. No class here has a field for a hash: what isn't there can't leak.
import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

export class LoginRequest {
  @ApiProperty({ example: 'ada', maxLength: 100 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  readonly username!: string;

  @ApiProperty({ example: 'analytical engine', maxLength: 200 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  readonly password!: string;
}

export class User {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ example: 'ada' })
  readonly username!: string;

  @ApiProperty({ example: 'Ada Lovelace' })
  readonly name!: string;
}

export class Client {
  @ApiProperty({ example: 'web-shop' })
  readonly clientId!: string;

  @ApiProperty({ example: 'Web shop' })
  readonly name!: string;

  @ApiProperty({ type: [String], example: ['https://shop.example/callback'] })
  readonly redirectUris!: string[];

  @ApiProperty()
  readonly createdAt!: Date;
}
