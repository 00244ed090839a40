import { Authorized, Field, ObjectType } from 'type-graphql';
import { TransactionObject } from './transaction.type.js';

@Authorized()
@ObjectType('PageInfo', { description: 'Where a page stands in its list.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether there is more after it.' })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether there is more before it.' })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'For `before`, to page backwards.' })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'For `after`, to page forwards.' })
  readonly endCursor!: string | null;
}

@Authorized()
@ObjectType('TransactionEdge', { description: 'A transaction and its place in the list.' })
export class TransactionEdgeType {
  @Field(() => String, { description: 'Its place; opaque.' })
  readonly cursor!: string;

  @Field(() => TransactionObject, { description: 'The transaction.' })
  readonly node!: TransactionObject;
}

@Authorized()
@ObjectType('TransactionConnection', { description: 'A page of transactions; stable while others are made.' })
export class TransactionConnectionType {
  @Field(() => [TransactionEdgeType], { complexity: 0, description: 'The transactions with their cursors.' })
  readonly edges!: readonly TransactionEdgeType[];

  @Field(() => [TransactionObject], { description: 'The transactions.' })
  readonly nodes!: readonly TransactionObject[];

  @Field(() => PageInfoType, { complexity: 0, description: 'Where the page stands.' })
  readonly pageInfo!: PageInfoType;
}
