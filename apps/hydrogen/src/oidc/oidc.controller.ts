// HTTP for the OIDC database. No rules of its own.
import { Body, Controller, Get, HttpCode, Post, UnauthorizedException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags, ApiUnauthorizedResponse } from '@nestjs/swagger';
import { Client, LoginRequest, User } from './oidc.dto.js';
import { OidcService } from './oidc.service.js';

@ApiTags('OIDC')
@Controller('oidc')
export class OidcController {
  constructor(private readonly oidc: OidcService) {}

  @Get('clients')
  @ApiOperation({ summary: 'All clients, without their secrets' })
  @ApiOkResponse({ type: [Client] })
  clients(): Promise<Client[]> {
    return this.oidc.clients();
  }

  @Get('users')
  @ApiOperation({ summary: 'All users, without their passwords' })
  @ApiOkResponse({ type: [User] })
  users(): Promise<User[]> {
    return this.oidc.users();
  }

  @Post('login')
  @HttpCode(200)
  @ApiOperation({ summary: 'Checks a name and a password' })
  @ApiOkResponse({ type: User })
  @ApiUnauthorizedResponse({ description: 'No such user or another password; the answer does not say which' })
  async login(@Body() { username, password }: LoginRequest): Promise<User> {
    const user = await this.oidc.login(username, password);
    if (!user) throw new UnauthorizedException('Unknown user or wrong password');
    return user;
  }
}
