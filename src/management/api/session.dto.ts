import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { MAX_PASSWORD_BYTES } from '../../common/crypto/password.js';
import { ROLES, SCOPES, type Role, type Scope } from '../../common/domain/role.js';
import { MAX_OPERATOR_NAME_LENGTH } from '../operator.js';
import { PageDto } from './page.dto.js';

/** Longest one-time code, in characters: people type spaces into them. */
export const MAX_CODE_LENGTH = 16;

/** What an operator signs in with. */
export class SignInDto {
  @ApiProperty({ description: 'of the operator', maxLength: MAX_OPERATOR_NAME_LENGTH })
  @IsString()
  @MaxLength(MAX_OPERATOR_NAME_LENGTH)
  name!: string;

  @ApiProperty({ maxLength: MAX_PASSWORD_BYTES, format: 'password' })
  @IsString()
  @MaxLength(MAX_PASSWORD_BYTES)
  password!: string;

  @ApiPropertyOptional({ description: 'one-time code, where the operator has a second factor' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CODE_LENGTH)
  code?: string;
}

/** Who asks. */
export class WhoAmIDto {
  @ApiProperty({ enum: ['operator', 'token'] })
  kind!: 'operator' | 'token';

  @ApiProperty({ description: 'of the operator or the token' })
  name!: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'whose rights they are; null for a token of the machine',
  })
  operator!: string | null;

  @ApiProperty({ enum: ROLES })
  role!: Role;

  @ApiProperty({ enum: SCOPES, isArray: true, description: 'empty: everything that the role may do' })
  scopes!: readonly Scope[];

  @ApiPropertyOptional({
    name: 'csrf-token',
    description: 'of a session with a cookie: every change must send it as X-CSRF-Token',
  })
  'csrf-token'?: string;
}

/** A session of an operator with a browser. */
export class SessionDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty()
  operator!: string;

  @ApiProperty({ description: 'from which it was opened' })
  address!: string;

  @ApiProperty({ name: 'user-agent', description: 'the program that opened it, as it says itself' })
  'user-agent'!: string;

  @ApiProperty({ description: 'whether this request came with it' })
  current!: boolean;

  @ApiProperty({ name: 'created-at', format: 'date-time' })
  'created-at'!: string;

  @ApiProperty({ name: 'last-used-at', format: 'date-time' })
  'last-used-at'!: string;

  @ApiProperty({ name: 'expires-at', format: 'date-time' })
  'expires-at'!: string;
}

export class SessionPageDto extends PageDto {
  @ApiProperty({ type: [SessionDto] })
  items!: SessionDto[];
}
